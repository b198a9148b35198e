# Finds or installs a Chromium and writes its path to .venv/chromium-path. Sourced by setup.sh.
#
# In this order: TAXLINK_CHROMIUM, a browser on the machine, the system package (as root),
# Playwright's own download, the binary inside the npm package @sparticuz/chromium.

sparticuz_version=153.0.0

runs() { [ -x "$1" ] && "$1" --version >/dev/null 2>&1; }

chromium_on_path() {
    for name in google-chrome google-chrome-stable chromium chromium-browser chromium-headless-shell; do
        path=$(command -v "$name") || continue
        # Ubuntu's chromium-browser may be a stub that only asks for a snap.
        if runs "$path"; then
            echo "$path"
            return 0
        fi
    done
    return 1
}

system_chromium() {
    may_install || return 1
    for package in chromium-headless-shell chromium; do
        say "installing the system package $package"
        if debian_install "$package" && chromium_on_path; then return 0; fi
    done
    return 1
}

playwright_chromium() {
    say "downloading Playwright's chromium-headless-shell"
    export PLAYWRIGHT_BROWSERS_PATH="$root/.venv/browsers"
    { may_install && .venv/bin/playwright install --with-deps chromium-headless-shell; } >.venv/playwright.log 2>&1 ||
        .venv/bin/playwright install chromium-headless-shell >.venv/playwright.log 2>&1 || {
        say "the download failed; see .venv/playwright.log"
        return 1
    }
    path=$(find .venv/browsers -type f \( -name headless_shell -o -name chrome-headless-shell \) | head -n 1)
    runs "$root/$path" && echo "$root/$path"
}

# The package carries the browser and its libraries packed; it unpacks them into TMPDIR
# and brings the libraries out only where it believes itself on a bare Amazon Linux.
npm_chromium() {
    command -v npm >/dev/null && command -v node >/dev/null || return 1
    say "installing the npm package @sparticuz/chromium"
    folder="$root/.venv/sparticuz"
    mkdir -p "$folder"
    npm install --prefix "$folder" --ignore-scripts --no-audit --no-fund --no-update-notifier --silent \
        "@sparticuz/chromium@$sparticuz_version" >&2 || return 1
    (cd "$folder" && TMPDIR="$folder" AWS_LAMBDA_JS_RUNTIME=nodejs22.x node --input-type=module -e '
        import chromium from "@sparticuz/chromium";
        await chromium.executablePath();
    ' >&2) || return 1
    rm -rf "$folder/node_modules" "$folder"/package*.json
    cat >"$folder/chromium-headless-shell" <<END
#!/bin/sh
LD_LIBRARY_PATH="$folder/al2023/lib\${LD_LIBRARY_PATH:+:\$LD_LIBRARY_PATH}" exec "$folder/chromium" "\$@"
END
    chmod +x "$folder/chromium-headless-shell"
    runs "$folder/chromium-headless-shell" && echo "$folder/chromium-headless-shell"
}

has_chinese_font() { command -v fc-list >/dev/null && [ -n "$(fc-list :lang=zh)" ]; }

if [ -n "${TAXLINK_CHROMIUM:-}" ]; then
    runs "$TAXLINK_CHROMIUM" || fail "TAXLINK_CHROMIUM is $TAXLINK_CHROMIUM, which does not run. Correct it or unset it."
    chromium=$TAXLINK_CHROMIUM
else
    chromium=$(chromium_on_path || system_chromium || playwright_chromium || npm_chromium) ||
        fail "no Chromium found, and none could be installed. Do one of these and set up again:" \
            "'sudo apt-get install chromium-headless-shell' (Debian)," \
            "'sudo .venv/bin/playwright install --with-deps chromium-headless-shell' (Ubuntu)," \
            "install npm, or set TAXLINK_CHROMIUM to the path of a Chrome or Chromium."
fi
printf '%s\n' "$chromium" >.venv/chromium-path
say "Chromium: $chromium"

if ! has_chinese_font && may_install; then
    say "installing a Chinese font, fonts-wqy-microhei"
    debian_install fontconfig fonts-wqy-microhei || true
fi
has_chinese_font || say "no Chinese font found: portal pages will show boxes in screenshots." \
    "Install one, such as fonts-wqy-microhei; everything else works."
