"""Image maths on arrays: find, cut out, place, blend, colour, score. numpy and OpenCV."""
