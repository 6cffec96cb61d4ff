"""Parts of `benchmarks/harmonization.py`.

- `looks`: a whole picture in another light, or in the tone of a black-and-white or toned photo
- `cases`: one case, and how each kind is made
- `sets`: cases whose truth is known and whose seam does not tell, made from photos
- `folders`: cases that lie in folders
- `methods`: common methods, and those of this package
- `figures`: what is measured on each set
- `speed`: seconds and memory
"""
