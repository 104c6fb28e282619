# Who sees an intent: who would see an order of it. Its rows have the same fields.
package exchange.visible

intent if trade
