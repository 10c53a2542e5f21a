"""Modal screens: pickers, confirmations, palette, help, usage, viewer."""
