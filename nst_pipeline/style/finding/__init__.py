"""Small trained networks that find people and name things; they come with the installation."""
