"""The scripted demo model that answers offline."""
