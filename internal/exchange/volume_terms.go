package exchange

import "github.com/sushaan/exchange/internal/ledger"

// Term says in English and Chinese what a figure or a dimension is.
type Term struct{ Name, EN, ZH string }

// VolumeTerms are the definitions that an answer over some measures and
// dimensions rests on. Each figure is one definition over one ledger.
func VolumeTerms(measures []ledger.Measure, by []Dimension) []Term {
	terms := []Term{
		{"volume", "Sum of the ledger's measured entries; trade within one province is not counted unless asked for", "账本中带计量的分录之和;同一省内的交易除非指定,否则不计入"},
		{"orders", "Orders, each counted once in each measure, where it first counts", "订单数;每个订单在每个计量口径下只计一次,计在首次发生之处"},
		{"entries", "Number of the entries that the figure adds up", "构成该数字的分录条数"},
		{"share", "Part of the total of its measure, in basis points; the parts add up to 10,000", "占该计量口径合计的比重,单位为万分之一;各部分之和为 10000"},
	}
	for _, m := range measures {
		terms = append(terms, measureTerms[m])
	}
	for _, d := range by {
		terms = append(terms, dimensionTerms[d])
	}
	return terms
}

var measureTerms = map[ledger.Measure]Term{
	ledger.Contracted: {"CONTRACTED", "Value of confirmed orders, less what was released because it was rejected, short or cancelled", "已确认订单的金额,扣除因拒收、短缺或取消而释放的部分"},
	ledger.Accepted:   {"ACCEPTED", "Value of the goods that buyers accepted, less refunds", "买方验收货物的金额,扣除退款"},
	ledger.Settled:    {"SETTLED", "Amounts that sellers were paid, less what went back", "已付给卖方的金额,扣除退回的部分"},
}

var dimensionTerms = map[Dimension]Term{
	ByDay:          {"day", "Day of the event in China's time", "事件发生日(北京时间)"},
	ByMonth:        {"month", "Month of the event in China's time", "事件发生月(北京时间)"},
	ByYear:         {"year", "Year of the event in China's time", "事件发生年(北京时间)"},
	ByDirection:    {"direction", "SN_TO_JS, JS_TO_SN or INTRA, from the seller's and the consignee's province on the day of the event", "方向:陕货进苏、苏货入陕或省内,按事件当日卖方与收货方所在省份"},
	BySellerCounty: {"seller_county", "County of the seller on the day of the event, by the codes of the last day asked about", "事件当日卖方所在县区,按查询末日有效的区划代码归并"},
	BySellerCity:   {"seller_city", "Prefecture of the seller's county", "卖方县区所属地级市"},
	ByBuyerCounty:  {"buyer_county", "County of the consignee on the day of the event, by the codes of the last day asked about", "事件当日收货方所在县区,按查询末日有效的区划代码归并"},
	ByBuyerCity:    {"buyer_city", "Prefecture of the consignee's county", "收货方县区所属地级市"},
	ByPairing:      {"pairing", "Pair of a Jiangsu unit and a Shaanxi county that was in force on the day of the event, whichever sold; other: the places were not paired", "事件当日有效的江苏单位与陕西县区结对关系,不分买卖方向;other 表示双方未结对"},
	ByCategory:     {"category", "Category of the product", "产品类别"},
	ByBuyerClass:   {"buyer_class", "Class of the buyer on the day of the event", "事件当日买方类别"},
	ByChannel:      {"channel", "Channel through which it was ordered", "下单渠道"},
	ByCertified:    {"certified", "certified: sold under a certificate; other: without one", "certified 表示凭产品认定销售;other 表示无认定"},
	ByScheme:       {"scheme", "Scheme of the certificate", "产品认定所属方案"},
	ByMeasure:      {"measure", "Intent, contract, acceptance and settlement are different numbers and are never added up", "意向、合同、验收、结算是不同的数字,从不相加"},
}
