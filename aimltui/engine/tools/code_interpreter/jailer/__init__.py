"""What builds a jail and watches over it.

This package also runs by itself, under an interpreter that knows nothing but the standard library: the keeper beside
the jail, and the last steps inside it. So its modules import each other relatively and nothing else of the program.
"""
