package server

import (
	"fmt"
	"strings"

	"github.com/sushaan/exchange/internal/exchange"
)

// bankAccounts reads the accounts of the exchange, each with its province.
func (c Config) bankAccounts() (map[string]string, error) {
	accounts := map[string]string{}
	for _, part := range strings.FieldsFunc(c.BankAccounts, func(r rune) bool { return r == ',' || r == ' ' }) {
		province, account, ok := strings.Cut(part, "=")
		if _, twice := accounts[account]; !ok || account == "" || twice || (province != exchange.Jiangsu && province != exchange.Shaanxi) {
			return nil, fmt.Errorf("bank-accounts: %q is not province=account, each once", part)
		}
		accounts[account] = province
	}
	return accounts, nil
}
