"""The graph as data, what is due in it, and how a batch of images goes through one asset."""
