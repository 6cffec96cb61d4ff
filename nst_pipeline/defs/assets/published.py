"""The composites as a labeled dataset, and as a gallery to look at."""

from nst_pipeline.defs.dagster_asset import graph_asset
from nst_pipeline.pipeline.engine import graph
from nst_pipeline.pipeline.engine.item import Item, Made
from nst_pipeline.pipeline.engine.progress import report_part, tracked
from nst_pipeline.pipeline.steps.publishing import (
    gallery_folder,
    gallery_scene,
    gallery_scenes,
    labeled_scenes,
    picture_reader,
)
from nst_pipeline.pipeline.upkeep.reporting import report_batch
from nst_pipeline.publish.coco import coco_json, join_scenes
from nst_pipeline.publish.dataset import dataset_parquet
from nst_pipeline.publish.gallery import write_gallery


@graph_asset(graph.DATASET, kinds={"parquet", "json"}, group="published")
def dataset(item: Item) -> Made:
    """The results as a labeled dataset: COCO JSON, and Parquet with the same rows.

    Boxes and masks are those of the pasted objects, and of what you annotated in the scenes before
    (docs/reference/dataset.md).
    """
    joined = join_scenes(labeled_scenes(item.view), description="Composites made by nst_pipeline")
    writers = {"coco.json": coco_json, "annotations.parquet": dataset_parquet}
    writing = tracked("dataset files", writers.items(), len(writers))
    files = {name: write(joined) for name, write in writing}
    counts = {
        "images": len(joined.images),
        "annotations": len(joined.annotations),
        "categories": len(joined.categories),
    }
    return Made(files, counts)


@graph_asset(graph.GALLERY, kinds={"html"}, group="published", after=report_batch)
def gallery(item: Item) -> Made:
    """A page to look at: before and after, all variants, lineage.

    Open the path below in a browser; it needs no server.

    Then the batch is reported in `reports/`: all that was made since the report before.
    """
    view = item.view
    folder = gallery_folder(view)
    report = write_gallery(
        folder,
        gallery_scenes(view),
        lambda key: gallery_scene(view, key),
        title="Composites",
        open_image=picture_reader(view),
        on_scene=report_part("gallery pages"),
    )
    files = {name: (folder / name).read_bytes() for name in ("index.html", "manifest.json")}
    return Made(files, {"scenes": report.scenes, "pages_written": report.pages_written})
