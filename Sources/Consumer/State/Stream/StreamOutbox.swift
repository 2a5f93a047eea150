package import EventContract

/// The outbox of the change stream, as the publisher and the commands use it. Used by one thread at a time.
package final class StreamOutbox {
    package struct User: Equatable {
        package let id: UTF8Text
        let change: Int64
    }

    package struct Cause: Equatable {
        package let cause: StreamCause
        /// The last user of it that was published.
        package let after: UTF8Text
        let change: Int64
    }

    /// Who publishes, and how often it said so.
    struct Publisher: Equatable {
        let holder: UTF8Text
        let beat: Int64
    }

    /// Users published at once; bounds the memory for their lines, and how long a change waits behind others.
    package static let sliceSize = 500
    /// Larger outboxes are counted as this, for the count walks over every row.
    static let depthMax: Int64 = 100_000

    private let database: any OutboxDatabase
    private let export: StateExport

    package init(_ database: any OutboxDatabase, groupsKey: UTF8Text) {
        self.database = database
        // Warnings are for those who ask for one user or the export; here they would come with every change.
        export = StateExport(StateReader(database), groupsKey: groupsKey, warn: { _ in })
    }

    // What is to be published.

    /// The next users, in the order of their ids.
    func users(after id: UTF8Text, upTo last: UTF8Text) throws(StateError) -> [User] {
        try read(StreamQueries.users, [.text(id), .text(last), .integer(Int64(Self.sliceSize))]) {
            User(id: $0.text(0), change: $0.integer(1))
        }
    }

    /// The last of the users, by id; nil when there is none.
    func lastUser() throws(StateError) -> UTF8Text? { try read(StreamQueries.lastUser, []) { $0.text(0) }.first }

    package func firstCause() throws(StateError) -> Cause? {
        try read(StreamQueries.firstCause, []) { row in
            StreamCause.Kind(rawValue: row.text(0).description).map {
                Cause(cause: StreamCause($0, row.text(1), row.text(2)), after: row.text(3), change: row.integer(4))
            }
        }.first ?? nil
    }

    /// The next users of a cause; fewer than `sliceSize` are its last ones.
    func users(of cause: Cause) throws(StateError) -> [UTF8Text] {
        guard let query = StreamQueries.users(of: cause, limit: Self.sliceSize) else { return [] }
        return try read(query.sql, query.parameters) { $0.text(0) }
    }

    /// The line of each user, nil for one that is not visible: never older than the mark that was read before.
    func lines(of users: [UTF8Text]) throws(StateError) -> [[UInt8]?] { try export.lines(of: users) }

    // What was published. Each answers false, and changes nothing, when `holder` publishes no longer.

    func settle(_ users: [User], by holder: UTF8Text) throws(StateError) -> Bool {
        try asPublisher(holder) { () throws(StateError) in
            try database.write(StreamQueries.clearUser, users.map { [.text($0.id), .integer($0.change)] })
        }
    }

    /// - Parameters:
    ///   - page: the users of the cause that were read.
    ///   - failed: those of them whose records were not acknowledged; they are marked instead.
    func settle(
        _ cause: Cause, page: [UTF8Text], failed: [UTF8Text], by holder: UTF8Text
    ) throws(StateError) -> Bool {
        try asPublisher(holder) { () throws(StateError) in
            try StreamMarks(users: failed).write(to: database)
            if let last = page.last, page.count == Self.sliceSize {
                try database.write(StreamQueries.advanceCause, [[.text(last)] + key(of: cause)])
            } else {
                try database.write(StreamQueries.clearCause, [key(of: cause)])
            }
        }
    }

    /// Puts the projects and project grants that hang on an organization in the place of the cause.
    func fanOut(_ cause: Cause, by holder: UTF8Text) throws(StateError) -> Bool {
        try asPublisher(holder) { () throws(StateError) in
            for sql in StreamQueries.fanOut { try database.write(sql, [[.text(cause.cause.id)]]) }
            try database.write(StreamQueries.clearCause, [key(of: cause)])
        }
    }

    // Who publishes.

    func publisher() throws(StateError) -> Publisher {
        try read(StreamQueries.publisher, []) { Publisher(holder: $0.text(0), beat: $0.integer(1)) }.first
            ?? Publisher(holder: "", beat: 0)
    }

    /// - Returns: false when another one was faster.
    func take(from publisher: Publisher, by holder: UTF8Text) throws(StateError) -> Bool {
        let parameters: [FactValue] = [.text(holder), .text(publisher.holder), .integer(publisher.beat)]
        return try database.write(StreamQueries.take, [parameters]) == 1
    }

    func release(by holder: UTF8Text) throws(StateError) {
        try database.write(StreamQueries.release, [[.text(holder)]])
    }

    private func asPublisher(
        _ holder: UTF8Text, _ body: () throws(StateError) -> Void
    ) throws(StateError) -> Bool {
        try database.transaction { () throws(StateError) in
            guard try database.write(StreamQueries.renew, [[.text(holder)]]) == 1 else { return false }
            try body()
            return true
        }
    }

    // Requests and numbers.

    package func mark(users: some Sequence<UTF8Text>) throws(StateError) {
        let marks = StreamMarks(users: users)
        try database.transaction { () throws(StateError) in try marks.write(to: database) }
    }

    package func mark(_ cause: StreamCause) throws(StateError) {
        try database.transaction { () throws(StateError) in try StreamMarks(cause: cause).write(to: database) }
    }

    /// Users and causes that wait, each at most `depthMax`.
    package func depth() throws(StateError) -> (users: Int64, causes: Int64) {
        let limit = [FactValue.integer(Self.depthMax)]
        return (
            try read(StreamQueries.userCount, limit) { $0.integer(0) }.first ?? 0,
            try read(StreamQueries.causeCount, limit) { $0.integer(0) }.first ?? 0
        )
    }

    func isMarked(_ user: UTF8Text) throws(StateError) -> Bool {
        try !read(StreamQueries.isMarked, [.text(user)]) { _ in true }.isEmpty
    }

    /// Users that the state knows, removed ones included, up to `last`.
    func knownUsers(upTo last: UTF8Text? = nil) throws(StateError) -> Int64 {
        let query = StreamQueries.knownUsers(upTo: last)
        return try read(query.sql, query.parameters) { $0.integer(0) }.first ?? 0
    }

    private func key(of cause: Cause) -> [FactValue] {
        [
            .text(UTF8Text(cause.cause.kind.rawValue)), .text(cause.cause.id), .text(cause.cause.secondID),
            .integer(cause.change),
        ]
    }

    private func read<Value>(
        _ sql: String, _ parameters: [FactValue], _ value: (any StateRows) -> Value
    ) throws(StateError) -> [Value] {
        var values: [Value] = []
        try database.snapshot { () throws(StateError) in
            let rows = try database.rows(sql, parameters, size: .small)
            while try rows.step() { values.append(value(rows)) }
        }
        return values
    }
}
