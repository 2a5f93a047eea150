import EventContract

/// Why a call of Zitadel's API gave no usable answer. Holds nothing of a request and no token.
package struct ZitadelAPIError: Error, Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        /// No HTTP answer: name resolution, connection, TLS, time-out. The reason is libcurl's.
        case unreachable
        /// An HTTP status other than 2xx.
        case refused
        /// 2xx with a body that is not what the API promises.
        case malformedAnswer
        /// The answer is larger than we accept, or than Zitadel can send: ask for less.
        case tooLarge
        /// The program is shutting down.
        case cancelled
    }

    /// What the caller does next.
    package enum Disposition: Sendable {
        /// Ask again later: it may pass.
        case retry
        /// Ask for less.
        case askForLess
        /// The call does not exist in this version of Zitadel (404, 405, 501).
        case unsupported
        /// The token is missing, wrong, expired or lacks a right (401, 403).
        case unauthorized
        /// Asking again gives the same answer.
        case stop
    }

    private static let messageSizeMax = 300

    package let kind: Kind
    /// HTTP status; nil without an answer.
    package let status: Int?
    /// gRPC code of Zitadel's error, as in `google.rpc.Code`; nil when it sent none.
    package let code: Int?
    /// Zitadel's id of the place in its code, such as `COMMAND-17e8fq1ggk`.
    package let id: String?
    /// Zitadel's or libcurl's own words, at most 300 characters on one line.
    package let message: String
    /// Seconds that the server asked to wait.
    package let retryAfter: Int?

    package init(
        _ kind: Kind, status: Int? = nil, code: Int? = nil, id: String? = nil, message: String,
        retryAfter: Int? = nil
    ) {
        self.kind = kind
        self.status = status
        self.code = code
        self.id = id
        self.message = Self.printable(message)
        self.retryAfter = retryAfter
    }

    /// One line of at most `messageSizeMax` characters, without what a terminal or a log viewer would obey.
    private static func printable(_ message: String) -> String {
        let scalars = message.unicodeScalars.prefix(messageSizeMax).map { scalar -> Unicode.Scalar in
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .surrogate, .unassigned: " "
            default: scalar
            }
        }
        return String(String.UnicodeScalarView(scalars))
    }

    package var disposition: Disposition {
        switch kind {
        case .unreachable: return .retry
        case .tooLarge: return .askForLess
        case .malformedAnswer, .cancelled: return .stop
        case .refused: break
        }
        switch status ?? 0 {
        case 401, 403: return .unauthorized
        // What is not found has an id of Zitadel's; a path that is not there has none.
        case 404 where id == nil || code == 12, 405, 501: return .unsupported
        case 429, 500...599: return .retry
        default: return .stop
        }
    }
}

extension ZitadelAPIError: CustomStringConvertible {
    package var description: String {
        var text = status.map { "HTTP \($0): \(message)" } ?? message
        if let id, !message.contains(id) { text += " (\(id))" }
        return text
    }
}
