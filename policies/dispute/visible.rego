# Who sees a dispute: who sees its order. Its rows have the same fields; its state
# is its own, and is never that of an order that waits.
package exchange.visible

dispute if trade
