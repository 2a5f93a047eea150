# Sourced by the commands beside it.
work=${BENCH_WORK:-$here/work}

# prepare PRODUCT ARGUMENT…: the work folder, one benchmark at a time, and our release program unless only peers take part.
prepare() {
    local product=$1
    shift
    "$here/setup"
    exec 9>"$work/lock"
    flock -n 9 || { echo "Another benchmark runs; waiting for it." >&2 && flock 9; }
    case " $* " in *" --peers-only "* | *" -h "* | *" --help "*) return ;; esac
    if [ -z "${BENCH_RELEASE:-}" ]; then
        # SwiftPM waits by itself for another build of the same folder.
        (cd "$here/.." && nice -n 5 swift build -c release --static-swift-stdlib --product "$product" >&2)
    fi
}
