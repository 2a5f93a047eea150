/// The moment an event was stored, in whole microseconds, as precise as Zitadel's database is (timestamptz).
package struct EventTime: Hashable, Comparable, Sendable {
    /// Length of the canonical form, in bytes: `2026-01-02T03:04:05.678901Z`.
    package static let textSize = 27

    /// Microseconds since 1970-01-01T00:00:00Z; within the years 0000 to 9999.
    package let microsecondsSinceEpoch: Int64

    /// 1970-01-01T00:00:00Z.
    package static let epoch = EventTime()

    private init() {
        microsecondsSinceEpoch = 0
    }

    /// - Returns: nil outside the years 0000 to 9999, which RFC 3339 cannot write.
    package init?(microsecondsSinceEpoch: Int64) {
        guard Self.rangeOfMicroseconds.contains(microsecondsSinceEpoch) else { return nil }
        self.microsecondsSinceEpoch = microsecondsSinceEpoch
    }

    /// The years 0000 to 9999.
    static let rangeOfMicroseconds: ClosedRange<Int64> = -62_167_219_200_000_000...253_402_300_799_999_999

    /// Reads an RFC 3339 time with any offset and any number of fraction digits; digits beyond six are cut.
    ///
    /// Zitadel sends Go's `RFC3339Nano` by webhook (trailing zeros cut, the offset of its process) and protobuf's
    /// form in the events search, so the same instant arrives in different texts.
    /// - Returns: nil when the text is no such time: no zone, a 13th month, a 30th of February, a leap second.
    package init?(_ text: UnsafeRawBufferPointer) {
        var fields = TimeFields(text)
        guard let year = fields.digits(4), fields.skip("-"), let month = fields.digits(2), fields.skip("-"),
            let day = fields.digits(2), fields.skip("T"), let hour = fields.digits(2), fields.skip(":"),
            let minute = fields.digits(2), fields.skip(":"), let second = fields.digits(2),
            let microsecond = fields.fraction(), let offset = fields.offset(), fields.isAtEnd,
            (1...12).contains(month), (1...Self.days(inMonth: month, of: year)).contains(day),
            hour < 24, minute < 60, second < 60
        else { return nil }
        let seconds = Self.days(toYear: year, month: month, day: day) * 86_400 + hour * 3600 + minute * 60 + second
        self.init(microsecondsSinceEpoch: (seconds - offset) * 1_000_000 + microsecond)
    }

    /// Appends the canonical form: UTC, six fraction digits, `Z`.
    package func write(to buffer: inout [UInt8]) {
        let microseconds = microsecondsSinceEpoch
        let days = (microseconds >= 0 ? microseconds : microseconds - 86_399_999_999) / 86_400_000_000
        let ofDay = microseconds - days * 86_400_000_000
        let date = Self.date(days)
        let second = ofDay / 1_000_000
        Self.append(date.year, digits: 4, then: "-", to: &buffer)
        Self.append(date.month, digits: 2, then: "-", to: &buffer)
        Self.append(date.day, digits: 2, then: "T", to: &buffer)
        Self.append(second / 3600, digits: 2, then: ":", to: &buffer)
        Self.append(second / 60 % 60, digits: 2, then: ":", to: &buffer)
        Self.append(second % 60, digits: 2, then: ".", to: &buffer)
        Self.append(ofDay % 1_000_000, digits: 6, then: "Z", to: &buffer)
    }

    package static func < (left: Self, right: Self) -> Bool {
        left.microsecondsSinceEpoch < right.microsecondsSinceEpoch
    }

    private static func append(_ value: Int64, digits: Int, then separator: Unicode.Scalar, to buffer: inout [UInt8]) {
        var divisor: Int64 = digits == 6 ? 100_000 : digits == 4 ? 1000 : 10
        while divisor > 0 {
            buffer.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: value / divisor % 10))
            divisor /= 10
        }
        buffer.append(UInt8(ascii: separator))
    }

    private static func days(inMonth month: Int64, of year: Int64) -> Int64 {
        switch month {
        case 4, 6, 9, 11: 30
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        default: 31
        }
    }

    /// Days from 1970-01-01 in the proleptic Gregorian calendar; years count from March, so the leap day is last.
    private static func days(toYear year: Int64, month: Int64, day: Int64) -> Int64 {
        let marchYear = year - (month <= 2 ? 1 : 0) + 400
        let era = marchYear / 400
        let yearOfEra = marchYear % 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return (era - 1) * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    /// The inverse of `days(toYear:month:day:)`.
    private static func date(_ days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let shifted = days + 719_468 + 146_097
        let era = shifted / 146_097 - 1
        let dayOfEra = shifted % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let marchMonth = (5 * dayOfYear + 2) / 153
        let month = marchMonth + (marchMonth < 10 ? 3 : -9)
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * marchMonth + 2) / 5 + 1)
    }
}

extension EventTime: CustomStringConvertible {
    package var description: String {
        var buffer: [UInt8] = []
        write(to: &buffer)
        return String(decoding: buffer, as: UTF8.self)
    }
}

/// Reads the fields of an RFC 3339 time from left to right.
private struct TimeFields {
    private let text: UnsafeRawBufferPointer
    private var position = 0

    init(_ text: UnsafeRawBufferPointer) {
        self.text = text
    }

    var isAtEnd: Bool { position == text.count }

    mutating func skip(_ expected: Unicode.Scalar) -> Bool {
        guard position < text.count, text[position] == UInt8(ascii: expected) else { return false }
        position += 1
        return true
    }

    mutating func digits(_ count: Int) -> Int64? {
        guard text.count - position >= count else { return nil }
        var value: Int64 = 0
        for _ in 0..<count {
            guard let digit = digit() else { return nil }
            value = value * 10 + digit
        }
        return value
    }

    /// - Returns: microseconds; 0 without a fraction; nil for a point without digits.
    mutating func fraction() -> Int64? {
        guard skip(".") else { return 0 }
        guard var value = digit() else { return nil }
        var count = 1
        while let digit = digit() {
            if count < 6 { value = value * 10 + digit }
            count += 1
        }
        while count < 6 {
            value *= 10
            count += 1
        }
        return value
    }

    /// - Returns: seconds east of UTC.
    mutating func offset() -> Int64? {
        if skip("Z") { return 0 }
        let isEast = skip("+")
        guard isEast || skip("-"), let hours = digits(2), skip(":"), let minutes = digits(2), hours < 24, minutes < 60
        else { return nil }
        return (isEast ? 1 : -1) * (hours * 3600 + minutes * 60)
    }

    private mutating func digit() -> Int64? {
        guard position < text.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(text[position]) else {
            return nil
        }
        defer { position += 1 }
        return Int64(text[position] - UInt8(ascii: "0"))
    }
}
