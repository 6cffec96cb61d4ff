"""Image maths on arrays: find, cut out, place, blend, color, score. numpy and OpenCV."""
