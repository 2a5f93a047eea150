import CRdKafka
import Logging

/// Metadata keys of this module's log lines.
enum KafkaLogKey {
    static let code = "kafka_code"
    static let count = "count"
    static let detail = "detail"
    static let facility = "facility"
    static let fix = "fix"
    static let found = "found"
    static let group = "group"
    static let offset = "offset"
    static let partition = "partition"
    static let partitions = "partitions"
    static let reason = "reason"
    static let setting = "setting"
    static let topic = "topic"
}

extension Logger {
    /// Passes on a line of librdkafka's own log. librdkafka never prints keys or values of records.
    ///
    /// - Parameter level: a syslog level, 0 (emergency) to 7 (debug).
    func librdkafka(level: Int32, facility: UnsafePointer<CChar>?, text: UnsafePointer<CChar>?) {
        let detail = text.map { String(cString: $0) } ?? ""
        let facility = facility.map { String(cString: $0) } ?? ""
        // One set of properties serves producer and consumer, so each is told of those that are the other's.
        let isOthersProperty = facility == "CONFWARN" && detail.contains("will be ignored by this")
        log(
            level: isOthersProperty ? .debug : Self.level(syslog: level), "librdkafka",
            metadata: [KafkaLogKey.facility: "\(facility)", KafkaLogKey.detail: "\(detail)"])
    }

    static func level(syslog: Int32) -> Logger.Level {
        switch syslog {
        case ...2: .critical
        case 3: .error
        case 4: .warning
        case 5: .notice
        case 6: .info
        default: .debug
        }
    }
}

/// librdkafka's words for an error code.
func errorText(_ code: rd_kafka_resp_err_t) -> String { String(cString: rd_kafka_err2str(code)) }
