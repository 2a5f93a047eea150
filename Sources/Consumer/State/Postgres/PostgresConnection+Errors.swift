import CPostgres

extension PostgresConnection {
    /// - Returns: the result, when it is none of an error.
    func checked(_ result: OpaquePointer?) throws(StateError) -> PostgresResult {
        guard let result else { throw connectionFailure() }
        let owner = PostgresResult(result)
        switch PQresultStatus(result) {
        case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_PIPELINE_SYNC: return owner
        default: throw failure(owner)
        }
    }

    /// Nothing reaches the server, or it does not let us in. That may change without us, so it is tried again.
    func connectionFailure() -> StateError {
        let message = PQerrorMessage(handle).map { String(cString: $0) } ?? ""
        let lines = message.split(whereSeparator: \.isNewline).joined(separator: "; ")
        return .unavailable(place: url.place, reason: url.redacted(lines.isEmpty ? "the connection is lost" : lines))
    }

    /// Only the primary message: the detail of some errors quotes rows.
    private func failure(_ result: PostgresResult) -> StateError {
        guard let code = zkb_pq_sqlstate(result.handle).map({ String(cString: $0) }) else { return connectionFailure() }
        let primary = zkb_pq_primary_message(result.handle).map { String(cString: $0) } ?? ""
        return Self.failure(sqlState: code, reason: url.redacted(primary), place: url.place)
    }

    /// https://www.postgresql.org/docs/current/errcodes-appendix.html
    static func failure(sqlState code: String, reason: String, place: String) -> StateError {
        switch code {
        // Serialization failure, deadlock, lock_timeout.
        case "40001", "40P01", "55P03": .contended(place: place)
        // After a failover the old primary answers that it is read-only; its replacement is found by reconnecting.
        case "25006", "57P01", "57P02", "57P03": .unavailable(place: place, reason: reason)
        // A transaction of ours that stood idle too long, because this process stood still, or a session, where the
        // server allows that only for a while.
        case "25P03", "57P05": .unavailable(place: place, reason: reason)
        case "42501": .notPermitted(place: place, reason: reason)
        // Connection exceptions; too few resources, a full disk among them.
        case _ where code.hasPrefix("08") || code.hasPrefix("53"): .unavailable(place: place, reason: reason)
        default: .refused(place: place, sqlState: code, reason: reason)
        }
    }
}
