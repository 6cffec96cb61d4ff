"""The asset graph as data: planning, making and looking after its artifacts, without Dagster."""
