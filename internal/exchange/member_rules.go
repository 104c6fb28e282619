package exchange

import (
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/sushaan/exchange/internal/fault"
)

// creditAlphabet are the characters of a unified social credit code by value,
// without I, O, S, V and Z (GB 32100).
const creditAlphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"

// CheckCreditCode proves a unified social credit code: 18 characters of which
// the last is a check digit modulo 31 (GB 32100). Digits 3 to 8 are the
// division at registration; they are never rewritten and compared with nothing.
//
//exchange:rule CREDIT_CODE_INVALID | A credit code has 18 characters and the right check digit | members | GB 32100
func CheckCreditCode(field, code string) error {
	const length = 18
	if len(code) != length {
		return fault.InField(field, fault.CreditCodeInvalid, "code", safe(code), "rule", "it has 18 characters")
	}
	sum, weight := 0, 1
	for i := range length - 1 {
		value := strings.IndexByte(creditAlphabet, code[i])
		if value < 0 {
			return fault.InField(field, fault.CreditCodeInvalid, "code", safe(code), "rule", "digits and capitals without I, O, S, V, Z")
		}
		sum += value * weight
		weight = weight * 3 % len(creditAlphabet)
	}
	check := (len(creditAlphabet) - sum%len(creditAlphabet)) % len(creditAlphabet)
	if code[length-1] != creditAlphabet[check] {
		return fault.InField(field, fault.CreditCodeInvalid, "code", safe(code), "rule", "its check digit is wrong")
	}
	return nil
}

// CreditCode ends the first 17 characters of a code with its check digit. It is
// for organisations that are invented.
func CreditCode(body string) string {
	for i := range creditAlphabet {
		if code := body + creditAlphabet[i:i+1]; CheckCreditCode("credit_code", code) == nil {
			return code
		}
	}
	return body
}

// safe shortens and cleans a text that is quoted in an error.
func safe(s string) string {
	const shown = 64
	if len(s) > shown {
		s = s[:shown]
	}
	return strings.ToValidUTF8(s, "?")
}

// AdmitMember takes an organisation into an alliance. It sits in the alliance's
// province, and its side is the alliance's.
//
//exchange:rule JURISDICTION_INVALID | A member sits in its alliance's province | members | 2020 plan, item 26, alliances of the two provinces
func AdmitMember(m Member, a Alliance, d Division, at time.Time) (Member, error) {
	if err := CheckCreditCode("credit_code", m.CreditCode); err != nil {
		return m, err
	}
	if err := divisionHolds("division_code", d, at); err != nil {
		return m, err
	}
	if Province(d.Code) != a.Home {
		return m, fault.InField("division_code", fault.JurisdictionInvalid, "rule", "a member sits in its alliance's province")
	}
	m.ID, m.Alliance, m.Side, m.Division = uuid.New(), a.ID, a.Side, d.Code
	m.State, m.AdmittedAt = MemberActive, at
	return m, nil
}

//exchange:rule DIVISION_NOT_VALID | A division is valid on the day it is used | everybody | GB/T 2260; codes changed 2019 to 2021
func divisionHolds(field string, d Division, at time.Time) error {
	if today := DayOf(at); !d.Valid.Covers(today) {
		return fault.InField(field, fault.DivisionNotValid, "code", d.Code, "date", today)
	}
	return nil
}

// SuspendMember stops a member from trading.
func SuspendMember(m Member, reason string) (Member, error) {
	return m.to(MemberActive, MemberSuspended, "suspend", reason)
}

// ReinstateMember lets a suspended member trade again.
func ReinstateMember(m Member, reason string) (Member, error) {
	return m.to(MemberSuspended, MemberActive, "reinstate", reason)
}

//exchange:rule WRONG_STATE | Only an active member is suspended, only a suspended one reinstated | secretaries | alliance statutes
func (m Member) to(from, to MemberState, step, reason string) (Member, error) {
	if m.State != from {
		return m, fault.New(fault.WrongState, "noun", "member", "id", m.ID, "state", m.State, "step", step)
	}
	m.State, m.StateReason = to, reason
	return m, nil
}
