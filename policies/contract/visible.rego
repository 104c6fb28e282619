# Who sees a contract: who would see an order of it. Its rows have the same fields.
package exchange.visible

contract if trade
