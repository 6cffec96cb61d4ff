"""Files of annotation tools, as these export them: LabelMe, Label Studio, CVAT, COCO, FiftyOne."""
