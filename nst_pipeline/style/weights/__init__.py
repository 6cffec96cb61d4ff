"""Where the weights of networks are on this machine: in installed packages, or built from them."""
