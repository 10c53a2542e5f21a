"""What a search in files needs: their text, in passages."""
