"""Object stores: how they are reached, read and written, and what is wrong with them."""
