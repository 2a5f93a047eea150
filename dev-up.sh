# The verb `up` of ./dev, which sources this file: four processes, from a webhook to the state.

TOPIC=zitadel.events.v1 GROUP=zitadel-scope-management
READY_SECONDS=60 DEMO_SECONDS=60

once=0 keep=0 configuration=debug
started=() # "pid name", in the order of the start

verb_up() {
    local option
    for option in "$@"; do
        case $option in
        --once) once=1 ;;
        --keep) keep=1 ;;
        --release) configuration=release ;;
        *) die "up knows --once, --keep and --release, not '$option'" ;;
        esac
    done
    forget_settings
    step "Install and build ($configuration)"
    verb_install
    verb_build "$configuration"
    bin=$PWD/.build/$configuration
    folder=$(mktemp -d "${TMPDIR:-/tmp}/zitadel-kafka.XXXXXX")
    trap 'exit 130' INT
    trap 'exit 143' TERM
    trap 'exit 129' HUP
    trap stop_all EXIT
    start_all
    if [ $once = 1 ]; then run_demo; else follow_until_stopped; fi
}

# The programs get the settings below and no others: a variable of the caller's shell could point them elsewhere.
forget_settings() {
    local name
    for name in $(compgen -e); do
        case $name in ZITADEL_* | BRIDGE_* | KAFKA_* | CONSUMER_* | STATE_* | LOG_LEVEL | LOG_FORMAT) unset "$name" ;; esac
    done
}

# MARK: processes

# start NAME COMMAND…: standard output and error go to NAME.out and NAME.log. The process is told to end when this script
# dies, however it dies, and does not see the terminal's Ctrl-C, so that the order of the end is ours.
start() {
    local name=$1
    shift
    setsid setpriv --pdeathsig TERM "$@" >"$folder/$name.out" 2>"$folder/$name.log" </dev/null &
    started+=("$! $name")
}

# Reverse order: whoever still has work to hand on ends before its receiver does.
stop_all() {
    local status=$? i pid name
    trap - EXIT
    trap '' INT TERM HUP
    [ ${#started[@]} = 0 ] || step "Stopping"
    for ((i = ${#started[@]} - 1; i >= 0; i--)); do
        read -r pid name <<<"${started[i]}"
        stop_one "$pid" "$name"
    done
    if [ $keep = 1 ]; then say "Logs and state stay in $folder"; else rm -rf "$folder"; fi
    exit $status
}

stop_one() {
    local pid=$1 name=$2 tenth
    kill -TERM "$pid" 2>/dev/null || return 0
    for ((tenth = 0; tenth < 100; tenth++)); do
        kill -0 "$pid" 2>/dev/null || { say "  $name" && return 0; }
        sleep 0.1
    done
    say "  $name did not end in 10 s and was killed"
    kill -KILL "$pid" 2>/dev/null || true
}

# fail TEXT: what went wrong, and the last lines of every log.
fail() {
    local entry name
    printf '\n./dev up: %s\n' "$*" >&2
    for entry in "${started[@]}"; do
        name=${entry#* }
        printf '\n--- %s, last lines of its log\n' "$name" >&2
        tail -q -n 15 "$folder/$name.out" "$folder/$name.log" | cut -c 1-400 >&2
    done
    exit 1
}

check_alive() {
    local entry
    for entry in "${started[@]}"; do
        kill -0 "${entry%% *}" 2>/dev/null || fail "${entry#* } ended."
    done
}

# wait_for SECONDS TEXT COMMAND…: until the command succeeds; says how long it took.
wait_for() {
    local seconds=$1 text=$2 begin=$EPOCHREALTIME tenth
    shift 2
    printf '  %-52s' "$text"
    for ((tenth = 0; tenth < seconds * 10; tenth++)); do
        if "$@"; then
            awk -v a="$begin" -v b="$EPOCHREALTIME" 'BEGIN { printf "%6.1f s\n", b - a }'
            return 0
        fi
        check_alive
        if [ -t 1 ] && [ $((tenth % 10)) = 9 ]; then printf '.'; fi
        sleep 0.1
    done
    fail "waited $seconds s for: $text"
}

# printed NAME MEMBER: a program's first line of output is one JSON object; sets `address` to its member.
printed() {
    address=$(sed -n "1s/.*\"$2\":\"\([^\"]*\)\".*/\1/p" "$folder/$1.out")
    [ -n "$address" ]
}

registered() {
    answers "http://$bridge_ops/readyz" && curl -fsS -m 2 "http://$bridge_ops/status" 2>/dev/null | grep -q '"state":"registered"'
}

answers() { curl -fsS -m 2 -o /dev/null "$1" 2>/dev/null; }

# free_port FROM: sets `port` to the first port from there that nobody listens on and that was not given out yet.
last_port=0
free_port() {
    port=$(($1 > last_port ? $1 : last_port + 1))
    while (: >"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do port=$((port + 1)); done
    last_port=$port
}

# MARK: the pipeline

start_all() {
    local port address token
    step "Starting four processes (logs in $folder)"
    token=$(od -An -N24 -tx1 /dev/urandom | tr -d ' \n')
    free_port 8094 && bridge=127.0.0.1:$port
    free_port 9094 && bridge_ops=127.0.0.1:$port
    free_port 9095 && consumer_ops=127.0.0.1:$port

    start kafka-dev-broker "$bin/kafka-dev-broker"
    wait_for 20 "kafka-dev-broker: memory only, forgets everything" printed kafka-dev-broker bootstrap
    export KAFKA_BOOTSTRAP_SERVERS=$address KAFKA_TOPIC=$TOPIC KAFKA_GROUP_ID=$GROUP

    start zitadel-simulator env SIMULATOR_PAT="$token" "$bin/zitadel-simulator" serve --listen 127.0.0.1:0 \
        --delivery immediate
    wait_for 20 "zitadel-simulator: an empty Zitadel" printed zitadel-simulator listen
    zitadel=http://$address

    export STATE_URL=sqlite://$folder/state.db
    export ZITADEL_GRPC_HOST=$zitadel ZITADEL_WEBHOOK_ENDPOINT=http://$bridge/webhook/zitadel-events
    start zitadel-bridge env ZITADEL_PAT="$token" BRIDGE_LISTEN="$bridge" BRIDGE_OPS_LISTEN="$bridge_ops" \
        "$bin/zitadel-bridge" run
    # The lines that show each applied event are of level debug. A real broker answers a waiting fetch when a record comes;
    # the development broker only when its time is over, so that is made short.
    start zitadel-consumer env LOG_LEVEL=debug KAFKA_FETCH_WAIT_MAX_MS=10 CONSUMER_OPS_LISTEN="$consumer_ops" CONSUMER_LISTEN=127.0.0.1:0 \
        "$bin/zitadel-consumer" run
    wait_for $READY_SECONDS "zitadel-bridge: ready, registered in Zitadel" registered
    wait_for $READY_SECONDS "zitadel-consumer: ready, has joined its group" answers "http://$consumer_ops/readyz"
}

simulator() {
    local verb=$1
    shift
    "$bin/zitadel-simulator" "$verb" --server "$zitadel" "$@"
}

show_next_steps() {
    step "Try next, in another terminal"
    cat <<TEXT
  create a user          .build/$configuration/zitadel-simulator create-user ada --server $zitadel
  offboard the user      .build/$configuration/zitadel-simulator remove-user ada --server $zitadel
  look at the state      STATE_URL=$STATE_URL .build/$configuration/zitadel-consumer state show USER_ID
  the whole state        STATE_URL=$STATE_URL .build/$configuration/zitadel-consumer state export
  a whole demo           .build/$configuration/zitadel-simulator demo --server $zitadel
  the records            kcat -b $KAFKA_BOOTSTRAP_SERVERS -t $TOPIC -C -o beginning -e
  what the bridge does   .build/$configuration/zitadel-bridge status --bridge-ops-listen $bridge_ops
  numbers                curl -s http://$bridge_ops/metrics ; curl -s http://$consumer_ops/metrics
TEXT
}

# member LINE NAME: sets `found` to a member of a JSON line, text or number.
member() {
    found=
    if [[ $1 =~ \"$2\":\"([^\"]*)\" ]] || [[ $1 =~ \"$2\":([0-9.]+) ]]; then found=${BASH_REMATCH[1]}; fi
}

follow() {
    local line event path
    tail --pid=$$ -n +1 -F "$folder/zitadel-consumer.log" 2>/dev/null | while IFS= read -r line; do
        [[ $line == *'"message":"Record applied"'* ]] || continue
        member "$line" type && event=$found
        member "$line" event_id && event="$event ($found)"
        member "$line" path && path=$found
        member "$line" latency_ms
        printf '  %s · %s · %s ms\n' "$event" "$path" "$found"
    done
}

follow_until_stopped() {
    local entry
    show_next_steps
    step "Applied events: event · path · milliseconds from created to applied (Ctrl-C stops all)"
    follow &
    wait -n $(for entry in "${started[@]}"; do printf '%s ' "${entry%% *}"; done) || true
    check_alive
}

# MARK: the demo

# metric ADDRESS NAME: sets `found` to the value, 0 when there is none.
metric() {
    found=$(curl -fsS -m 2 "http://$1/metrics" 2>/dev/null | awk -v name="$2" '$1 == name { n = $2 } END { printf "%d", n }')
}

# Sets `events` to what Zitadel has, `delivered` to its webhooks, `published` to what is in the topic and `applied` to what
# the consumer has; true when every webhook was delivered and every record is applied. Not every event is of a type that is
# published, and those have no webhook.
all_applied() {
    local stats pending polled
    stats=$(curl -fsS -m 2 "$zitadel/stats" 2>/dev/null) || return 1
    member "$stats" events && events=${found:-0}
    member "$stats" delivered && delivered=${found:-0}
    member "$stats" pending && pending=${found:-1}
    metric "$bridge_ops" 'bridge_events_total{path="poll",outcome="published"}' && polled=$found
    metric "$bridge_ops" 'bridge_events_total{path="webhook",outcome="published"}' && published=$((found + polled))
    metric "$consumer_ops" consumer_records_consumed_total && applied=$found
    [ "$delivered" -gt 0 ] && [ "$pending" = 0 ] && [ "$published" -ge "$delivered" ] && [ "$applied" -ge "$published" ]
}

# percentile P: of the numbers on standard input, one a line.
percentile() {
    sort -n | awk -v p="$1" '{ v[NR] = $1 } END { i = int(NR * p / 100 + 0.999999); if (NR) print v[i < 1 ? 1 : i]; else print "?" }'
}

latencies() {
    grep -F '"message":"Record applied"' "$folder/zitadel-consumer.log" | sed -n 's/.*"latency_ms":"\{0,1\}\([0-9.]*\).*/\1/p'
}

run_demo() {
    local hash
    step "Demo"
    simulator demo >"$folder/demo.log" 2>&1 || { cat "$folder/demo.log" >&2 && fail "the demo failed."; }
    wait_for $DEMO_SECONDS "every event of the demo is applied" all_applied
    hash=$("$bin/zitadel-consumer" state hash) || fail "the state could not be read."
    step "Summary"
    say "  events                $events stored, $delivered delivered, $published published, $applied applied"
    say "  created → applied     p50 $(latencies | percentile 50) ms, p99 $(latencies | percentile 99) ms"
    say "  state hash            $hash"
}
