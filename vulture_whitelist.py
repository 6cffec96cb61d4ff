"""Names that are used where vulture cannot see it; each line says where."""

from typing import Any

_: Any = None

# Set on other people's modules and arrays, which read them.
_.showwarning  # warnings
_.writeable  # numpy
_.MAX_IMAGE_PIXELS, _._mode  # Pillow
_.intra_op_num_threads, _.inter_op_num_threads, _.log_severity_level  # ONNX Runtime

# Called by Python (PEP 562) and by notebooks.
_.__getattr__, _.__dir__, _._repr_png_, _._repr_jpeg_

# Called or read by pydantic.
_.model_config
_.settings_customise_sources

# Fields of records and of JSON formats: they are written as a whole.
_.supercategory  # COCO
_.src, _.aspect  # the gallery's manifest
_.full_bbox, _.object_split, _.scene_split  # the dataset
_.photo_size  # stickers

# Called by UPath, which sees a file system.
_.isdir, _.rm, _.cp_file, _.makedirs, _.mkdir, _.put_file  # fsspec

# Named in dagster.yaml.
_.WarmRunLauncher

# For methods that know where an object comes from.
_.source_matte  # cases of the benchmark of harmonizing

# Read by templates.
_.notes, _.siblings
_.megabytes, _.seconds_each, _.minutes
_.is_yours, _.box_file  # the page of what is not used

# Documentation as data: a test compares it with the settings' descriptions.
_.finds

# What a caller of the library may ask about the gallery that was written.
_.pages_removed

# A column of the table of faults, which has all of a result's fields.
_.made_twice

# What the training of habitats asks.
_.word_of_class

# Called by fsspec.
_._fetch_range
