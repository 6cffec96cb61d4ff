"""The assets: what each one reads and makes."""
