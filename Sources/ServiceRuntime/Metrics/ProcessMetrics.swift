import Glibc

/// What the kernel knows about this process, under the names every Prometheus client uses.
extension MetricsRegistry {
    package func registerProcessMetrics() {
        counter("process_cpu_seconds_total", help: "User and system CPU time spent in seconds.") {
            ProcessStatus.cpuSeconds
        }
        gauge("process_resident_memory_bytes", help: "Resident memory size in bytes.") {
            ProcessStatus.residentBytes
        }
        let started = ProcessStatus.startSeconds
        gauge("process_start_time_seconds", help: "Start time since the Unix epoch in seconds.") { started }
        gauge("process_open_fds", help: "Number of open file descriptors.") { ProcessStatus.openFiles }
    }
}

/// Readings of `/proc/self`; `nil` where the kernel has none.
enum ProcessStatus {
    static var cpuSeconds: Double? {
        guard let user = statistic(14), let system = statistic(15) else { return nil }
        return (user + system) / ticksPerSecond
    }

    static var residentBytes: Double? {
        fields("/proc/self/statm").dropFirst().first.flatMap { Double($0) }.map {
            $0 * Double(sysconf(Int32(_SC_PAGESIZE)))
        }
    }

    static var startSeconds: Double? {
        let boot = text("/proc/stat").split(separator: "\n").first { $0.hasPrefix("btime ") }
        guard let boot = boot?.split(separator: " ").last.flatMap({ Double($0) }), let ticks = statistic(22) else {
            return nil
        }
        return boot + ticks / ticksPerSecond
    }

    static var openFiles: Double? {
        guard let directory = opendir("/proc/self/fd") else { return nil }
        defer { closedir(directory) }
        var count = 0.0
        while readdir(directory) != nil { count += 1 }
        // Not `.`, `..` and the descriptor of this listing.
        return count - 3
    }

    private static var ticksPerSecond: Double { Double(sysconf(Int32(_SC_CLK_TCK))) }

    /// Field `number` of proc(5) `/proc/pid/stat`, counted behind the process name, which may hold blanks.
    private static func statistic(_ number: Int) -> Double? {
        let stat = text("/proc/self/stat")
        guard let end = stat.lastIndex(of: ")") else { return nil }
        let rest = stat[stat.index(after: end)...].split(separator: " ")
        return rest.count > number - 3 ? Double(rest[number - 3]) : nil
    }

    private static func fields(_ path: String) -> [Substring] { text(path).split(separator: " ") }

    private static func text(_ path: String) -> String {
        String(decoding: readSmallFile(path, sizeMax: 1 << 20) ?? [], as: UTF8.self)
    }
}
