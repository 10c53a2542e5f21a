"""The screens for assistants: the list, and the form of one."""
