"""Builds a jail and watches over it.

The keeper and the last steps inside the jail run this package with the standard library only. So its modules import
each other relatively, and nothing else of the program.
"""
