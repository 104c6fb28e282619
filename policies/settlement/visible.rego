# Who sees what the exchange's bank says: it names payers of every member.
package exchange.visible

import data.exchange.lib

bank_record if lib.acts_as({"AUDITOR", "OPERATOR"})

bank_record if input.principal.system
