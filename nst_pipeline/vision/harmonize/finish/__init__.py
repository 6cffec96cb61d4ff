"""Match an object to its scene once its colors fit, in this order.

- `sharpness`: blur an object that is sharper than its scene
- `boundary`: soften a hard outline
- `grain`: add the scene's grain
- `compression`: add the scene's JPEG blocks
"""
