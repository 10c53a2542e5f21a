"""Controllers: what happens behind the screens, without widgets."""
