"""The weekly job that maintains the catalog's table."""

from nst_pipeline.definitions import defs


def test_the_weekly_job_merges_files_and_changes_no_row(collection):
    before = collection.open().catalog.frame()
    files = len(collection.open().catalog.name_columns())
    with collection.instance() as instance:
        done = defs.resolve_job_def("maintenance_job").execute_in_process(instance=instance)
    assert done.success
    assert len(collection.open().catalog.name_columns()) <= files
    assert collection.open().catalog.frame().equals(before)
