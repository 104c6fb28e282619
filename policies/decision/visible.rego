# Who reads the log of decisions: the facts in it are everybody's.
package exchange.visible

import data.exchange.lib

decision if lib.acts_as({"AUDITOR", "OPERATOR"})

decision if input.principal.system
