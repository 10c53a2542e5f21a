"""Skills: folders with a SKILL.md that tells a model how to do a kind of task, loaded when the model asks for it."""
