"""Natural composite images through neural style transfer, at the scale of a dataset."""
