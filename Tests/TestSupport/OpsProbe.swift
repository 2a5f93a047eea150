/// Asks the ops listener of a program, as an operator's machines do.
package struct OpsProbe: Sendable {
    package let port: Int

    package init(port: Int) { self.port = port }

    package func get(_ path: String) async throws -> HTTPAnswer {
        try await HTTPExchange.send("GET", port: port, path: path)
    }

    package func isReady() async throws -> Bool { try await get("/readyz").status == 200 }

    /// The value of a metric with its labels as printed; 0 when it has none yet.
    package func metric(_ name: String) async throws -> Int {
        for line in try await get("/metrics").body.split(separator: "\n") where line.hasPrefix("\(name) ") {
            return Int(Double(line.dropFirst(name.count + 1)) ?? 0)
        }
        return 0
    }
}
