package app

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/fault"
	"github.com/sushaan/exchange/internal/ledger"
	"github.com/sushaan/exchange/internal/proof"
	"github.com/sushaan/exchange/internal/sheet"
	"github.com/sushaan/exchange/internal/store"
)

// maxSubmissionCells bounds a table of a submission: every pair of counties in
// both directions and every measure is far below it.
const maxSubmissionCells = 200_000

// submissionScope says what a submission leaves out. Trades of military buyers
// are in none of its tables, so that they cannot be had by subtraction.
const submissionScope = "collaboration volumes of both directions, without trades of military buyers"

// submissionTable is a table of a submission that is volumes by dimensions.
type submissionTable struct {
	name, en, zh string
	by           []Dimension
}

func volumeTables() []submissionTable {
	return []submissionTable{
		{"volumes", "Volumes by month", "分月协作量", []Dimension{exchange.ByMonth, exchange.ByDirection}},
		{"seller_counties", "By seller county", "按卖方县区", []Dimension{exchange.ByDirection, exchange.BySellerCounty}},
		{"buyer_counties", "By buyer county", "按买方县区", []Dimension{exchange.ByDirection, exchange.ByBuyerCounty}},
		{"pairs", "By pair of counties", "按县区对", []Dimension{exchange.ByDirection, exchange.BySellerCounty, exchange.ByBuyerCounty}},
		{"goods", "By goods", "按产品类别", []Dimension{exchange.ByDirection, exchange.ByCategory, exchange.ByCertified, exchange.ByScheme}},
		{"channels", "By channel and buyer", "按渠道与买方类别", []Dimension{exchange.ByDirection, exchange.ByChannel, exchange.ByBuyerClass}},
	}
}

const adjustmentsTable = "adjustments"

// headings are the titles of a workbook's columns.
var headings = map[string]string{
	"month": "Month 月份", "direction": "Direction 方向", "seller_county": "Seller county 卖方县区", "buyer_county": "Buyer county 买方县区",
	"category": "Category 类别", "certified": "Certified 是否认定", "scheme": "Scheme 认定方案", "channel": "Channel 渠道",
	"buyer_class": "Buyer class 买方类别", "measure": "Measure 口径", "amount_fen": "Amount, yuan 金额(元)", "orders": "Orders 订单数",
	"entries": "Entries 分录数", "adjusts": "Adjusted period 被调整期", "quantity": "Quantity, base units 数量(基本单位)",
	"product_id": "Product id 产品标识", "name_zh": "Name 名称", "name_en": "English name 英文名称", "base_unit": "Base unit 基本单位",
	"sales_unit": "Sales unit 规格", "contracted_fen": "Contracted, yuan 合同(元)", "accepted_fen": "Accepted, yuan 验收(元)",
	"settled_fen": "Settled, yuan 结算(元)", "households": "Households benefited 带动户数", "valid_to": "Last day 有效期至",
	"certificate_id": "Certificate id 认定标识", "number": "Number 认定编号", "origin": "Origin 产地", "state": "State 状态",
	"annual_quantity": "Annual quantity 年度数量", "taken_quantity": "Taken quantity 已用数量", "left_quantity": "Left quantity 剩余数量",
	"annual_value_fen": "Annual value, yuan 年度金额(元)", "taken_value_fen": "Taken value, yuan 已用金额(元)",
	"left_value_fen": "Left value, yuan 剩余金额(元)", "days_left": "Days left 剩余天数",
	"lowest_price_fen": "Lowest price, yuan 最低价(元)", "mean_price_fen": "Mean price, yuan 均价(元)",
	"highest_price_fen": "Highest price, yuan 最高价(元)", "reference_price_fen": "Reference, yuan 参考价(元)",
	"above_reference_bp": "Above reference 高于参考价", "why": "Why 原因", "first_order_id": "First order 首个订单", "last_order_id": "Last order 末个订单",
	"what": "What is the same 相同内容", "day": "Day 日期", "reserve_plan_id": "Plan id 预留份额标识", "unit_member_id": "Unit 单位",
	"unit_class": "Class 类别", "division": "Division 区划", "year": "Year 年度", "canteen": "Canteen 食堂", "budget_fen": "Budget, yuan 预算(元)",
	"rate_bp": "Share 比例", "target_fen": "Target, yuan 目标(元)", "reached_bp": "Reached 完成率",
	"indicator": "Indicator 指标", "weight_bp": "Weight 权重", "actual_bp": "Actual 实际", "full_bp": "Full mark at 满分值",
	"score_bp": "Score 得分", "numerator_fen": "Numerator, yuan 分子(元)", "denominator_fen": "Denominator, yuan 分母(元)",
}

// countyNames are the titles of the columns of names beside those of codes.
var countyNames = map[string]string{"seller_county": "Seller county 卖方县区名称", "buyer_county": "Buyer county 买方县区名称"}

func column(name string) sheet.Column {
	c := sheet.Column{Name: name, Title: headings[name]}
	switch {
	case strings.HasSuffix(name, "_fen"):
		c.Kind = sheet.Money
	case strings.HasSuffix(name, "_bp"):
		c.Kind = sheet.Percent
	case name == "orders" || name == "entries" || strings.HasSuffix(name, "quantity") || name == "households" || name == "days_left":
		c.Kind = sheet.Number
	}
	return c
}

func columns(names ...string) []sheet.Column {
	list := make([]sheet.Column, len(names))
	for i, n := range names {
		list[i] = column(n)
	}
	return list
}

// submissionTables makes the tables of a frozen period from the ledger as it was
// at its position. Codes are those that the entries carry, so that no later
// change of a division changes them.
func submissionTables(ctx context.Context, r store.Reader, p exchange.Period) ([]sheet.Table, error) {
	var tables []sheet.Table
	for _, t := range volumeTables() {
		rows, err := r.Volumes(ctx, store.VolumeQuery{
			Filter: exchange.When{Condition: exchange.Condition{Op: exchange.OpNe, Field: "buyer_class", Values: []any{string(exchange.Military)}}},
			From:   p.Start(), To: p.End(), Position: p.Position, GroupBy: t.by, Limit: maxSubmissionCells,
		})
		if err != nil {
			return nil, err
		}
		if len(rows) >= maxSubmissionCells {
			return nil, fault.New(fault.InvalidArgument, "detail", fmt.Sprintf("table %s of period %s has too many rows", t.name, p.ID))
		}
		tables = append(tables, t.of(rows))
	}
	adjustments, err := r.Adjustments(ctx, p.Start(), p.End(), p.Position, exchange.Military)
	if err != nil {
		return nil, err
	}
	table := sheet.Table{
		Name: adjustmentsTable, Title: "Adjustments 调整",
		Columns: columns("adjusts", "direction", "measure", "amount_fen", "quantity", "entries"),
	}
	for _, a := range adjustments {
		table.Rows = append(table.Rows, []string{a.Adjusts, a.Direction, string(a.Measure), number(a.Fen), number(a.Quantity), number(a.Entries)})
	}
	return append(tables, table), nil
}

func (t submissionTable) of(rows []store.VolumeRow) sheet.Table {
	var names []string
	for _, d := range t.by {
		names = append(names, string(d))
	}
	table := sheet.Table{Name: t.name, Title: t.en + " " + t.zh, Columns: columns(append(names, "measure", "amount_fen", "orders", "entries")...)}
	for _, v := range rows {
		table.Rows = append(table.Rows, append(append([]string{}, v.Keys...), string(v.Measure), number(v.Fen), number(v.Orders), number(v.Entries)))
	}
	return table
}

func number(n int64) string { return strconv.FormatInt(n, 10) }

// submissionMethod says what each table and each figure of a submission is.
func submissionMethod() []proof.MethodText {
	method := []proof.MethodText{
		{Name: "position", EN: "The period is read from the transactions of the sealed log before this position; the checkpoint signs the log of that size", ZH: "统计期取自封存账本中该位置之前的记账凭证;检查点对该大小的账本签名"},
		{Name: "scope", EN: "Both directions between Jiangsu and Shaanxi; trade within one province and trades of military buyers are in no table", ZH: "苏陕两个方向的交易;省内交易与部队单位的交易不计入任何表"},
		{Name: "amount_fen", EN: "Amounts are in fen in the tables (CSV) and in yuan in the workbook", ZH: "表格(CSV)金额单位为分,工作簿金额单位为元"},
	}
	for _, t := range volumeTables() {
		method = append(method, proof.MethodText{Name: tableFile(t.name), EN: t.en, ZH: t.zh})
	}
	method = append(method, proof.MethodText{
		Name: tableFile(adjustmentsTable), EN: "What of the period's figures is of facts of earlier, closed periods; it is in the other tables too",
		ZH: "本期数字中属于以往已关闭统计期的部分;其他各表已包含",
	})
	var by []Dimension
	seen := map[Dimension]bool{}
	for _, t := range volumeTables() {
		for _, d := range t.by {
			if !seen[d] {
				seen[d], by = true, append(by, d)
			}
		}
	}
	for _, term := range exchange.VolumeTerms([]ledger.Measure{ledger.Contracted, ledger.Accepted, ledger.Settled}, by) {
		switch term.Name {
		case "share": // no table has it
		case string(exchange.BySellerCounty):
			method = append(method, proof.MethodText{Name: term.Name, EN: "County of the seller on the day of the event, by the code of that day", ZH: "事件当日卖方所在县区,按当日区划代码"})
		case string(exchange.ByBuyerCounty):
			method = append(method, proof.MethodText{Name: term.Name, EN: "County of the consignee on the day of the event, by the code of that day", ZH: "事件当日收货方所在县区,按当日区划代码"})
		default:
			method = append(method, proof.MethodText{Name: term.Name, EN: term.EN, ZH: term.ZH})
		}
	}
	return method
}

// methodPage is the method for people to read.
func methodPage(m proof.Manifest) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "# Submission of period %s 上报 %s\n\n", m.Period, m.Period)
	fmt.Fprintf(&b, "%s to %s, read from the first %d transactions of the log. 自 %s 至 %s,取自账本前 %d 笔记账凭证。\n\n", m.FirstDay, m.LastDay, m.Position, m.FirstDay, m.LastDay, m.Position)
	for _, t := range m.Method {
		fmt.Fprintf(&b, "- **%s**: %s. %s。\n", t.Name, t.EN, t.ZH)
	}
	b.WriteString("\nVerify 核验: `sushaanctl verify FILE --key verifier.key`\n")
	return []byte(b.String())
}

// summaryOf is the first sheet of a submission's workbook.
func summaryOf(p exchange.Period) sheet.Table {
	checkpoint, _, _ := strings.Cut(p.Checkpoint, "\n\n")
	rows := [][]string{
		{"Period 统计期", p.ID}, {"First day 首日", string(p.Days().From)}, {"Last day 末日", string(p.Days().To)},
		{"Position 账本位置", number(p.Position)}, {"Checkpoint 检查点", strings.ReplaceAll(strings.TrimSpace(checkpoint), "\n", " ")},
		{"Policy revision 策略版本", p.PolicyRevision}, {"Scope 范围", submissionScope},
	}
	return sheet.Table{
		Name: "summary", Title: "Submission 上报",
		Columns: []sheet.Column{{Name: "item", Title: "Item 项目", Width: 26}, {Name: "value", Title: "Value 内容", Width: 60}}, Rows: rows,
	}
}
