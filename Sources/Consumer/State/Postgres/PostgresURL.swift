import CPostgres

/// Where a PostgreSQL state is and how to log in there: a `postgresql://` URL as libpq reads it.
///
/// It may hold a password, so it prints as `place` and nothing else, also in a dump of whatever holds it.
package struct PostgresURL: Sendable {
    /// User, hosts and database, for messages.
    package private(set) var place: String
    /// The URL itself.
    let text: String
    /// The schema that names without one mean; nil: what the URL or the server says.
    private(set) var schema: String?
    /// What no message may hold.
    private let secrets: [String]

    /// Why a URL is not taken. Never holds a part of it: what looks like a host may be the rest of a password.
    package struct Fault: Error, Equatable {
        package let reason: String
    }

    package static let scheme = "postgresql://"

    /// - Parameter text: starts with `scheme`.
    package init(_ text: String) throws(Fault) {
        let rest = text.dropFirst(Self.scheme.count)
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        try Self.checkCharacters(authority, rest.dropFirst(authority.count))
        let options = try Self.options(text)
        self.text = text
        secrets = ["password", "sslpassword"].compactMap { options[$0] }.filter { !$0.isEmpty }
        let hosts = options["host"] ?? options["hostaddr"] ?? "local socket"
        let ports = options["port"].map { ":\($0)" } ?? ""
        let user = options["user"].map { "\($0)@" } ?? ""
        place = "\(Self.scheme)\(user)\(hosts)\(ports)/\(options["dbname"] ?? "")"
    }

    /// The same, where names without a schema mean this one.
    func inSchema(_ schema: String) -> PostgresURL {
        var url = self
        url.schema = schema
        url.place += ", schema \(schema)"
        return url
    }

    /// The text without any password of the URL.
    func redacted(_ text: String) -> String {
        secrets.reduce(text) { $0.replacing($1, with: "<redacted>") }
    }

    /// libpq takes what follows a character like `/` in a password for the host, and names it in its errors.
    private static func checkCharacters(_ authority: Substring, _ rest: Substring) throws(Fault) {
        let hosts = authority.split(separator: "@", omittingEmptySubsequences: false)
        let areHosts = hosts[hosts.count - 1].split(separator: ",").allSatisfy(isHost)
        guard hosts.count <= 2, areHosts, !rest.contains("@") else {
            throw Fault(
                reason: """
                    must be postgresql://user@host:port/database; characters of user and password other than letters, \
                    digits and -._~ have to be percent-encoded
                    """)
        }
        let names = rest.drop { $0 != "?" }.dropFirst().split(separator: "&").map { $0.prefix { $0 != "=" } }
        guard !names.contains(where: { $0.lowercased().hasSuffix("password") }) else {
            throw Fault(reason: "takes a password before the @ only, or from PGPASSWORD, ~/.pgpass or passfile=")
        }
    }

    /// `name`, `name:port`, `[address]:port`; a name may be percent-encoded, as the path of a socket is.
    private static func isHost(_ text: Substring) -> Bool {
        let isBracketed = text.hasPrefix("[")
        let name = isBracketed ? text.prefix { $0 != "]" } : text.prefix { $0 != ":" }
        let port = text.dropFirst(name.count + (isBracketed ? 1 : 0))
        let isPort = port.isEmpty || port.first == ":" && port.dropFirst().allSatisfy { ("0"..."9").contains($0) }
        return isPort && name.utf8.allSatisfy { isNameByte($0) || isBracketed && "[:".utf8.contains($0) }
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "-._~%".utf8.contains(byte)
        }
    }

    private static func options(_ text: String) throws(Fault) -> [String: String] {
        var message: UnsafeMutablePointer<CChar>?
        let parsed = PQconninfoParse(text, &message)
        defer {
            PQconninfoFree(parsed)
            PQfreemem(message)
        }
        guard let parsed else {
            throw Fault(
                reason: """
                    has a part or parameter that libpq does not know, see \
                    https://www.postgresql.org/docs/current/libpq-connect.html
                    """)
        }
        var options: [String: String] = [:]
        var option = parsed
        while let keyword = option.pointee.keyword {
            if let value = option.pointee.val { options[String(cString: keyword)] = String(cString: value) }
            option += 1
        }
        return options
    }
}

extension PostgresURL: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { place }
    package var debugDescription: String { place }
    package var customMirror: Mirror { Mirror(self, children: ["place": place]) }
}
