# The command line: docker build -t costlint . && docker run --rm -v "$PWD:/src:ro" costlint
FROM node:22-bookworm-slim AS build
WORKDIR /costlint
COPY . .
RUN npm ci --no-audit --no-fund && npm run pack -- npm

FROM node:22-bookworm-slim
# For `costlint cost --compare`; the mounted repository belongs to another user than the one in here.
RUN apt-get update && apt-get install -y --no-install-recommends git && rm -rf /var/lib/apt/lists/* \
  && git config --system --add safe.directory '*'
COPY --from=build /costlint/release/*.tgz /tmp/
RUN npm install --global --offline --no-audit --no-fund /tmp/costlint-*.tgz && rm -r /tmp/*.tgz
USER node
WORKDIR /src
ENTRYPOINT ["costlint"]
CMD ["check", "--no-cache", "."]
