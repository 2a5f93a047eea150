import CPostgres
import EventContract
import Glibc

/// One connection to a PostgreSQL database. Not for use by two threads at a time.
///
/// After an error it is to be dropped: there is no half-finished transaction or pipeline to put in order.
package final class PostgresConnection: StatementWriter {
    let url: PostgresURL
    let handle: OpaquePointer
    private let parameters = PostgresParameters()
    /// Statements of `query` that the server knows, by their text: few, as none is made from input.
    private var prepared: [String: String] = [:]
    private var preparedCount = 0

    /// Used where the URL does not say otherwise. A server that is gone without a word is noticed within seconds.
    private static let defaults = [
        ("connect_timeout", "5"), ("fallback_application_name", "zitadel-consumer"), ("keepalives_idle", "10"),
        ("keepalives_interval", "5"), ("keepalives_count", "3"), ("tcp_user_timeout", "15000"),
    ]

    package init(_ url: PostgresURL) throws(StateError) {
        self.url = url
        // Later ones win over earlier ones; "dbname" may be a whole URL.
        handle = Self.open(Self.defaults + [("dbname", url.text), ("client_encoding", "UTF8")])
        guard PQstatus(handle) == CONNECTION_OK else { throw connectionFailure() }
        // libpq prints notices to standard error, where log lines go.
        PQsetNoticeProcessor(handle, { _, _ in }, nil)
        let encoding = PQparameterStatus(handle, "server_encoding").map { String(cString: $0) } ?? ""
        guard encoding == "UTF8" else { throw .wrongEncoding(place: url.place, found: encoding) }
        if let schema = url.schema { try execute("SET search_path TO \(Self.quoted(schema))") }
    }

    deinit { PQfinish(handle) }

    /// Runs SQL that has neither parameters nor rows of interest; several statements are allowed.
    package func execute(_ sql: String) throws(StateError) {
        _ = try checked(PQexec(handle, sql))
    }

    /// The first column of the first row; nil when there is no row.
    package func integer(_ sql: String) throws(StateError) -> Int64? {
        let rows = PostgresRows(try query(sql, []))
        return try rows.step() ? rows.integer(0) : nil
    }

    /// A name as SQL takes it, whatever it consists of.
    static func quoted(_ name: String) -> String { "\"\(name.replacing("\"", with: "\"\""))\"" }

    /// Runs one statement and takes all of its rows. Its plan is made once.
    func query(_ sql: String, _ values: [FactValue]) throws(StateError) -> PostgresResult {
        let name = try known(sql)
        set(values)
        return try checked(
            parameters.withPointers { count, values, lengths, formats in
                PQexecPrepared(handle, name, count, values, lengths, formats, 1)
            })
    }

    /// Runs one statement for each list of parameters, without waiting for one before the next is sent.
    ///
    /// - Returns: how many rows were written in all.
    package func write(_ sql: String, _ parameterLists: [[FactValue]]) throws(StateError) -> Int {
        let name = try known(sql)
        var count = 0
        try pipeline(count: parameterLists.count) { (index) throws(StateError) in
            set(parameterLists[index])
            return parameters.withPointers { count, values, lengths, formats in
                PQsendQueryPrepared(handle, name, count, values, lengths, formats, 1)
            }
        } receive: { (_, result) throws(StateError) in
            count += result.changedRows
        }
        return count
    }

    /// Runs one statement that cannot be prepared.
    func queryOnce(_ sql: String, _ values: [FactValue]) throws(StateError) -> PostgresResult {
        set(values)
        let types = values.map(PostgresParameters.type)
        return try checked(
            parameters.withPointers { count, values, lengths, formats in
                PQexecParams(handle, sql, count, types, values, lengths, formats, 1)
            })
    }

    /// - Returns: the statement's name on this connection.
    func prepare(_ sql: String) throws(StateError) -> String {
        let name = "s\(preparedCount)"
        _ = try checked(PQprepare(handle, name, sql, 0, nil))
        preparedCount += 1
        return name
    }

    /// Gives up every prepared statement; those of `query` and `write` are prepared again when they are needed.
    func forgetStatements() throws(StateError) {
        prepared.removeAll()
        try execute("DEALLOCATE ALL")
    }

    private func known(_ sql: String) throws(StateError) -> String {
        if let name = prepared[sql] { return name }
        let name = try prepare(sql)
        prepared[sql] = name
        return name
    }

    private func set(_ values: [FactValue]) {
        parameters.removeAll()
        for value in values { parameters.append(value) }
    }

    private static func open(_ options: [(String, String)]) -> OpaquePointer {
        let keywords: [UnsafeMutablePointer<CChar>?] = options.map { strdup($0.0) } + [nil]
        let values: [UnsafeMutablePointer<CChar>?] = options.map { strdup($0.1) } + [nil]
        defer { for text in keywords + values { free(text) } }
        let connection = keywords.map { UnsafePointer($0) }.withUnsafeBufferPointer { keywords in
            values.map { UnsafePointer($0) }.withUnsafeBufferPointer { values in
                PQconnectdbParams(keywords.baseAddress, values.baseAddress, 1)
            }
        }
        guard let connection else { preconditionFailure("there is memory for a connection") }
        return connection
    }
}

/// A result of the server, freed with its owner.
final class PostgresResult {
    let handle: OpaquePointer

    init(_ handle: OpaquePointer) { self.handle = handle }

    deinit { PQclear(handle) }

    var rowCount: Int32 { PQntuples(handle) }

    /// Rows that an INSERT or UPDATE wrote.
    var changedRows: Int {
        guard let text = PQcmdTuples(handle) else { return 0 }
        return Int(String(cString: text)) ?? 0
    }
}
