"""Numbers, money, cell widths and tables as text for both front ends."""
