# Sourced by bin/demo and bin/test: installs what the lock file says and puts the repository's own Node first.
# `npm install` and not `npm ci`: where a registry lacks the optional packages of other platforms, ci refuses the lock.
cd "$(dirname "${BASH_SOURCE[0]}")/.."
if [ ! -x node_modules/.bin/node ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
  echo "Installing the dependencies ..."
  npm install --no-save --no-audit --no-fund --loglevel=error
fi
# The example is deployed and its tests run here, too; its only dependency is small.
if [ ! -d examples/opinion-market/node_modules/ws ]; then
  (cd examples/opinion-market && npm ci --no-audit --no-fund --loglevel=error)
fi
# npm finds the machine's own settings beside the node it runs on; with another node in front it has to be told where.
if [ -z "${npm_config_globalconfig:-}" ]; then
  npm_config_globalconfig="$(npm config get globalconfig 2>/dev/null)" && export npm_config_globalconfig
fi
export PATH="$PWD/node_modules/.bin:$PATH"
