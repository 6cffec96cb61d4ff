"""How natural a composite looks, and what gives it away."""
