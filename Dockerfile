# syntax=docker/dockerfile:1
# AvatarForge Studio in a container: docker build -t avatarforge-studio . && docker run -p 8000:8000 -v studio:/data avatarforge-studio

FROM python:3.12-slim AS packages
WORKDIR /build
COPY requirements.txt requirements-speech.txt requirements-redis.txt requirements-s3.txt ./
RUN python -m venv /opt/studio \
    && /opt/studio/bin/pip install --no-cache-dir -r requirements.txt \
        -r requirements-speech.txt -r requirements-redis.txt -r requirements-s3.txt

FROM python:3.12-slim
ENV PATH=/opt/studio/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    GRADIO_SERVER_NAME=0.0.0.0 \
    GRADIO_SERVER_PORT=8000 \
    STORAGE_PATH=/data/storage \
    DATABASE_URL=sqlite:////data/avatarforge.db \
    AVATARFORGE_CACHE_DIR=/data/cache
RUN useradd --system --uid 10001 --create-home studio \
    && mkdir /data \
    && chown studio:studio /data
COPY --from=packages /opt/studio /opt/studio
WORKDIR /app
COPY app.py main.py LICENSE ./
COPY avatarforge avatarforge
COPY workflows workflows
COPY api api
COPY studio studio
RUN python -m compileall -q app.py main.py avatarforge api studio
USER 10001
VOLUME /data
EXPOSE 8000
# Live is not ready: a studio whose ComfyUI is down still answers, and must not be restarted for it.
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/api/v1/health/live', timeout=4)"]
CMD ["python", "app.py"]
