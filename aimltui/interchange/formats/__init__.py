"""One module for each form in which conversations are saved."""
