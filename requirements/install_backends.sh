#!/usr/bin/env bash
# install_backends.sh PYTHON REQUIREMENT... : installs requirements among which is PyTorch, in its
# CPU build. A requirement of the form -rFILE names a file.
#
# On Linux the torch that pip finds by default is the CUDA build, several GB with what it pulls in.
# So pip is first asked, without downloading, which build it would take: on macOS and Windows, and
# where pip is configured to know a CPU build, pip's own choice is right. Otherwise uv installs it,
# because uv knows where PyTorch keeps its CPU builds (--torch-backend=cpu).
set -euo pipefail
export PIP_DISABLE_PIP_VERSION_CHECK=1
python=$1
shift

plan=$("$python" -m pip install --quiet --dry-run --report - "$@" 2>/dev/null) || {
    # Ask again, aloud, to show why it cannot be resolved.
    exec "$python" -m pip install --dry-run "$@"
}
if grep -qE '"name": "(nvidia-|cuda-)' <<< "$plan"; then
    echo "pip would install PyTorch's CUDA build; taking the CPU build through uv instead."
    "$python" -m pip install --quiet 'uv>=0.9'
    exec "$python" -m uv pip install --python "$python" --torch-backend=cpu "$@"
fi
exec "$python" -m pip install "$@"
