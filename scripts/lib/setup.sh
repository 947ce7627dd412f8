# shellcheck shell=bash
# Sourced by scripts/run and scripts/test: where the repository is, and how it gets what it needs.
# It installs into .venv alone; a Debian package only where Python or a browser test cannot do without.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
venv=$root/.venv
export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1 PIP_ROOT_USER_ACTION=ignore

say() { printf '%s\n' "$*" >&2; }

fail() {
    say "scripts/${0##*/}: $*"
    exit 1
}

# prepare_venv [EXTRA]: a .venv with this project in it, and what EXTRA of pyproject.toml names.
# Done again only when the lock, pyproject.toml or the place of the repository changed.
prepare_venv() {
    local extra=${1:-} python wanted
    local stamp=$venv/.ready${extra:+-$extra}
    wanted="$root $(cat "$root/requirements.lock" "$root/pyproject.toml" | cksum)"
    if [[ -x $venv/bin/python && $(cat "$stamp" 2>/dev/null) == "$wanted" ]]; then
        return
    fi
    if ! venv_is_sound; then
        python=$(find_python)
        "$python" -c 'import ensurepip' 2>/dev/null ||
            need_package "$(venv_package "$python")" "$python cannot make a virtual environment"
        "$python" -m venv --clear "$venv" || fail "$venv could not be made; is this folder yours?"
    fi
    say "installing into ${venv/#$root\//} (once; again only when the lock changes)"
    rm -f "$venv"/.ready*
    "$venv/bin/python" -m pip install --quiet --constraint "$root/requirements.lock" \
        --editable "$root${extra:+[$extra]}" ||
        fail "the packages could not be installed; check the network and start this again"
    printf '%s\n' "$wanted" | tee "$venv/.ready" >"$stamp"
}

# A .venv whose Python is gone or too old, or that was copied from elsewhere, is made anew.
venv_is_sound() {
    is_new_enough "$venv/bin/python" &&
        [[ $(sed -n 's/^command = //p' "$venv/pyvenv.cfg") == *" $venv" ]]
}

find_python() {
    local name
    for name in ${PYTHON:-} python3 python3.14 python3.13 python3.12 python3.11; do
        if is_new_enough "$name"; then
            command -v "$name"
            return
        fi
    done
    need_package "python3 python3-venv" "no Python 3.11 or newer is installed"
    is_new_enough python3 ||
        fail "this system's Python is older than 3.11; install a newer one and start this again"
    command -v python3
}

is_new_enough() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

venv_package() {
    "$1" -c 'import sys; print("python{}.{}-venv".format(*sys.version_info))'
}

# need_browser: sets CHROMIUM to the browser that tests/browser drives.
need_browser() {
    find_browser || need_package chromium "the browser tests need Chromium"
    find_browser || fail "Chromium was installed but is not in PATH; set CHROMIUM to its path"
    export CHROMIUM
}

find_browser() {
    CHROMIUM=${CHROMIUM:-$(command -v chromium || command -v chromium-browser)}
    [[ -x $CHROMIUM ]]
}

# need_package "PACKAGES" REASON: installs them as root, or says how.
need_package() {
    local as_root install="apt-get install --yes --no-install-recommends $1"
    command -v apt-get >/dev/null ||
        fail "$2; install it with this system's package manager (on Debian: $install)"
    if ((EUID == 0)); then
        as_root="env"
    elif sudo -n true 2>/dev/null; then
        as_root="sudo env"
    else
        fail "$2; run this and start again: sudo $install"
    fi
    say "$2: installing $1"
    # Both are lists of plain words.
    # shellcheck disable=SC2086
    {
        $as_root apt-get -qq update
        $as_root DEBIAN_FRONTEND=noninteractive $install -qq -o Dpkg::Use-Pty=0
    } >&2 || fail "$2, and it could not be installed; run: sudo $install"
}
