"""What an endpoint does with documents: it recognises text in pictures, and turns text into vectors."""
