# Who sees a dispute: who sees its order. Its rows have the same fields.
package exchange.visible

dispute if order
